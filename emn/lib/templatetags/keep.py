"""`{% keep %}`: a part of a public page that is rendered once until public content changes."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

from emn.lib.page_cache import keep

register = template.Library()


class KeepNode(template.Node):
    """Renders its content the first time a key is asked for, and remembers it."""

    def __init__(self, content: NodeList, key: list[FilterExpression]) -> None:
        self.content = content
        self.key = key

    def render(self, context: Context) -> SafeString:
        """Return the content, from memory when public content has not changed since."""
        if "request" not in context:  # a page of error looks nothing up
            return self.content.render(context)
        key = ("part", *(part.resolve(context) for part in self.key))
        return keep(key, lambda: self.content.render(context))


@register.tag("keep")
def do_keep(parser: Parser, token: Token) -> KeepNode:
    """`{% keep "name" value… %}…{% endkeep %}`: the values are all that the content depends on.

    The language is always part of the key. What differs between visitors must not stand inside.
    """
    parts = token.split_contents()[1:]
    if not parts:
        raise template.TemplateSyntaxError("keep wants a name")
    content = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(content, [parser.compile_filter(part) for part in parts])

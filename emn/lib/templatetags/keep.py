"""`{% keep %}` and `{% keepversion %}`: parts of public pages that are rendered once."""

from collections.abc import Callable, Hashable

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

from emn.lib.page_cache import keep, keep_version

register = template.Library()
Keeper = Callable[[Hashable, Callable[[], SafeString]], SafeString]


class KeepNode(template.Node):
    """Renders its content the first time a key is asked for, and remembers it."""

    def __init__(self, keeper: Keeper, content: NodeList, key: list[FilterExpression]) -> None:
        self.keeper = keeper
        self.content = content
        self.key = key

    def render(self, context: Context) -> SafeString:
        """Return the content, from memory when there is nothing new to say."""
        if "request" not in context:  # a page of error looks nothing up
            return self.content.render(context)
        key = ("part", *(part.resolve(context) for part in self.key))
        return self.keeper(key, lambda: self.content.render(context))


def _parse(parser: Parser, token: Token, keeper: Keeper) -> KeepNode:
    tag, *parts = token.split_contents()
    if not parts:
        raise template.TemplateSyntaxError(f"{tag} wants a name")
    content = parser.parse((f"end{tag}",))
    parser.delete_first_token()
    return KeepNode(keeper, content, [parser.compile_filter(part) for part in parts])


@register.tag("keep")
def do_keep(parser: Parser, token: Token) -> KeepNode:
    """`{% keep "name" value… %}…{% endkeep %}`: kept until public content changes.

    The values are all that the content depends on besides; the language is always part of the key.
    What differs between visitors must not stand inside.
    """
    return _parse(parser, token, keep)


@register.tag("keepversion")
def do_keep_version(parser: Parser, token: Token) -> KeepNode:
    """`{% keepversion "name" row.pk row.written_at %}…{% endkeepversion %}`: kept for good.

    The values name the version of everything that the content reads.
    """
    return _parse(parser, token, keep_version)

import pytest

pytestmark = pytest.mark.django_db


def test_a_search_names_no_twin_since_its_canonical_page_is_another(client):
    page = client.get("/annuaire/?service=referencement").content.decode()

    assert 'rel="alternate"' not in page
    assert '/annuaire/">' in page.split('rel="canonical"')[1][:80]
    assert 'href="/de/annuaire/?service=referencement"' in page  # the visitor may still switch

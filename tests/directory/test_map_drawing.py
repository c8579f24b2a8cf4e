"""Circles and names on a drawing: ordered, held apart, inside the frame."""

from math import dist

from hypothesis import given
from hypothesis import strategies as st

from directory.map_drawing import (
    CLUSTERS,
    COMMUNES,
    WIDTH,
    Circle,
    Mark,
    Named,
    apart,
    circles,
    names,
)

HEIGHT = 800
counts = st.integers(1, 1_000_000)
degrees = st.floats(0, 1, allow_nan=False)
marks = st.lists(
    st.builds(
        Mark, st.text("57", max_size=5), st.text("ab"), counts, st.just(""), degrees, degrees
    ),
    max_size=25,
)


def project(latitude, longitude):
    return longitude * WIDTH, latitude * HEIGHT


def circle(x, y, radius=20, count=5):
    return Circle(Mark("57463", "Metz", count, "", 0, 0), x, y, radius)


@given(marks)
def test_the_most_furnished_come_first_and_are_the_largest(found):
    drawn = circles(found, project, COMMUNES)

    assert [c.mark.count for c in drawn] == sorted((m.count for m in found), reverse=True)
    radii = [c.radius for c in drawn]
    assert radii == sorted(radii, reverse=True)
    assert all(COMMUNES.smallest <= radius <= COMMUNES.largest for radius in radii)


@given(marks)
def test_every_group_holds_its_number(found):
    assert all(c.holds_number for c in circles(found, project, CLUSTERS))


@given(marks)
def test_circles_held_apart_stay_on_the_drawing(found):
    for c in apart(circles(found, project, CLUSTERS), height=HEIGHT):
        assert c.radius <= c.x <= WIDTH - c.radius
        assert c.radius <= c.y <= HEIGHT - c.radius


def test_circles_that_overlap_are_held_apart():
    one, other, far = apart([circle(500, 400), circle(510, 400), circle(100, 100)], height=HEIGHT)

    assert dist((one.x, one.y), (other.x, other.y)) >= one.radius + other.radius
    assert (far.x, far.y) == (100, 100)


def test_circles_at_one_point_are_held_apart_too():
    one, other = apart([circle(500, 400), circle(500, 400)], height=HEIGHT)

    assert one.x != other.x


def test_a_label_stays_on_the_drawing():
    assert circle(100, 400).label.anchor == "start"
    assert circle(900, 400).label.anchor == "end"
    assert circle(500, 400).label.y < 0
    assert circle(500, 30).label.y > 0


def test_a_name_does_not_cover_another_circle():
    drawn = [circle(500, 400), circle(560, 400)]

    (name,) = names([Named("Metz", (500, 400), 20)], drawn, most=5)

    assert name.anchor == "end"  # to the right stands the other circle


def test_no_more_names_than_asked():
    candidates = [Named("Metz", (200.0 * n + 100, 400.0), 20) for n in range(4)]

    assert len(names(candidates, [], most=3)) == 3

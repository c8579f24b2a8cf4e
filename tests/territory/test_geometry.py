"""Cells, borders and drawings: properties that hold whatever the places."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emn.territory.geometry.borders import merge, simplify
from emn.territory.geometry.cells import neighbour_grid, schematic_cells, voronoi_cells
from emn.territory.geometry.drawing import WIDTH, View, path
from emn.territory.geometry.shapes import Box, area

FRAME = Box(0, 0, 100, 60)
points = st.tuples(st.integers(1, 99), st.integers(1, 59)).map(lambda p: (float(p[0]), float(p[1])))
seed_lists = st.lists(points, min_size=1, max_size=40, unique=True)
few = settings(max_examples=60, deadline=None)

LEFT = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
RIGHT = [(2.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 2.0)]


def holds(ring, point):
    """Whether a convex counter-clockwise ring holds the point."""
    x, y = point
    return all(
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= -1e-9
        for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True)
    )


@few
@given(seed_lists)
def test_cells_tile_the_frame(seeds):
    cells = voronoi_cells(seeds, FRAME)

    assert sum(map(area, cells)) == pytest.approx(100 * 60)


@few
@given(seed_lists, points)
def test_a_point_lies_in_the_cell_of_its_nearest_seed(seeds, point):
    distances = sorted((math.dist(seed, point), n) for n, seed in enumerate(seeds))
    assume(len(distances) == 1 or distances[0][0] < distances[1][0] - 1e-6)

    cells = voronoi_cells(seeds, FRAME)

    assert holds(cells[distances[0][1]], point)
    assert not any(holds(cells[n], point) for _distance, n in distances[1:])


@few
@given(seed_lists)
def test_each_seed_lies_in_its_cell(seeds):
    assert all(map(holds, voronoi_cells(seeds, FRAME), seeds))


@few
@given(seed_lists)
def test_the_neighbours_grid_stays_away_from_every_seed(seeds):
    grid = neighbour_grid(seeds, FRAME, reach=7)

    assert all(math.dist(point, seed) > 7 for point in grid for seed in seeds)
    assert len(set(grid)) == len(grid)


@few
@given(st.dictionaries(st.text(max_size=3), points, min_size=2, max_size=30))
def test_the_outline_of_schematic_cells_holds_every_centre(places):
    centres = {name: (6 + x / 200, 49 + y / 200) for name, (x, y) in places.items()}
    assume(len(set(centres.values())) == len(centres))
    cells = schematic_cells(centres, [])

    outline = merge(ring for rings in cells.values() for ring in rings)

    assert all(crossings(outline, centre) % 2 == 1 for centre in centres.values())


def crossings(rings, point):
    """How many edges a ray that leaves eastwards crosses: odd inside, by the even-odd rule."""
    x, y = point
    return sum(
        (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay)
        for ring in rings
        for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True)
    )


def test_cells_of_close_places_share_their_border():
    cells = schematic_cells({"a": (6.0, 49.0), "b": (6.02, 49.0)}, [])

    shared = set(cells["a"][0]) & set(cells["b"][0])

    assert len(shared) == 2
    assert len(merge([*cells["a"], *cells["b"]])) == 1


def test_a_neighbour_across_the_border_takes_its_side():
    alone = schematic_cells({"a": (6.0, 49.0)}, [])["a"][0]
    beside = schematic_cells({"a": (6.0, 49.0)}, [(6.02, 49.0)])["a"][0]

    assert max(x for x, _ in alone) > 6.02
    assert max(x for x, _ in beside) == pytest.approx(6.01, abs=1e-4)


def test_merge_drops_the_shared_border():
    (outline,) = merge([LEFT, RIGHT])

    assert area(outline) == 8
    assert len(outline) == 6


def test_merge_keeps_a_hole_as_a_ring():
    hole = [(0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5)]

    assert sorted(map(area, merge([LEFT, hole]))) == [1, 4]


def test_merge_keeps_both_borders_where_vertices_differ():
    shifted = [(x + 0.01, y) for x, y in RIGHT]

    assert sorted(map(area, merge([LEFT, shifted]))) == pytest.approx([4, 4])


def test_simplify_cuts_a_shared_border_the_same_way_for_both():
    wiggle = [(2.0, 2.0), (2.01, 1.5), (1.9, 1.0), (2.01, 0.5), (2.0, 0.0)]
    left = [(0.0, 0.0), *wiggle[::-1], (0.0, 2.0)]
    right = [*wiggle, (4.0, 0.0), (4.0, 2.0)]

    thinned = simplify({"left": [left], "right": [right]}, tolerance=0.07)

    assert (2.01, 1.5) not in thinned["left"][0]
    (outline,) = merge([*thinned["left"], *thinned["right"]])
    assert area(outline) == pytest.approx(8)


def test_simplify_keeps_a_ring_smaller_than_the_tolerance():
    assert area(simplify({"a": [LEFT]}, tolerance=100)["a"][0]) == 4


def test_view_fits_the_width_and_keeps_the_proportions():
    view = View.around([(6.0, 49.0), (7.0, 50.0)])

    west, east = view.project(49.5, 6.0), view.project(49.5, 7.0)
    north, south = view.project(50.0, 6.0), view.project(49.0, 6.0)

    assert (west[0], east[0]) == (12, WIDTH - 12)
    ratio = (east[0] - west[0]) / (south[1] - north[1])
    assert ratio == pytest.approx(math.cos(math.radians(49.5)))
    assert view.view_box == f"0 0 1000 {round(south[1]) + 12}"


def test_path_is_written_in_relative_integers():
    assert path([[(10.2, 20.4), (30.0, 20.0), (30.0, 5.0)]]) == "M10 20l20 0 0-15z"


def test_path_leaves_out_what_is_too_small_to_be_seen():
    assert path([[(1.0, 1.0), (1.1, 1.0), (1.1, 1.1)]]) == ""

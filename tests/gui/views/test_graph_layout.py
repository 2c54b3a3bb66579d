"""What of a network is seen when groups are folded, where it stands, and what part of it is in view."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from engine.inside import Architecture
from gui.views.graph.boxes import MOST_BOXES, Boxes, all_groups, first_groups, groups_around
from gui.views.graph.camera import MARGIN, Camera
from gui.views.graph.chains import order_of
from gui.views.graph.kinds import Family, Join, family_of, join_of, signs_of
from gui.views.graph.layout import Layout, arrange
from gui.views.graph.words import describe_node, say_count, say_share, short_name

from .architectures import architecture, chain, dense, inception, node, residual, thousand

NETWORKS = {
    "chain": chain(12),
    "residual": residual(),
    "dense": dense(),
    "inception": inception(),
    "thousand": thousand(),
}


def opened(network: Architecture) -> Boxes:
    return Boxes(network, all_groups(network))


def rows(boxes: Boxes, layout: Layout) -> dict[str, float]:
    """The middle of every box across a flow to the right."""
    return {
        box.path: top + height / 2 for box, (_, top, _, height) in zip(boxes.boxes, layout.rects.tolist(), strict=True)
    }


def overlap(one: list[float], other: list[float]) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))


# Folding


def test_a_folded_group_is_one_box_that_takes_what_its_layers_take() -> None:
    boxes = Boxes(residual(), {"layer"})
    assert [each.path for each in boxes.boxes] == ["conv1", "layer.0", "layer.1", "fc"]
    assert [each.is_folded for each in boxes.boxes] == [False, True, True, False]
    assert boxes.boxes[1].kind == "BasicBlock"
    assert boxes.links == ((), (0,), (1,), (2,))
    assert boxes.takers == ((1,), (2,), (3,), ())
    assert boxes.macs == (1000, 4000, 5000, 0)


def test_every_node_is_shown_by_one_box_whatever_is_folded() -> None:
    for network in NETWORKS.values():
        for groups in (frozenset(), first_groups(network), all_groups(network)):
            boxes = Boxes(network, groups)
            shown = [place for box in boxes.boxes for place in range(box.first, box.last + 1)]
            assert shown == list(range(len(network.nodes)))
            assert all(
                boxes.boxes[box].first <= place <= boxes.boxes[box].last for place, box in enumerate(boxes.of_node)
            )


def test_a_group_that_is_left_and_entered_again_is_a_box_each_time() -> None:
    network = architecture(
        [
            node("layers.a", "Conv2d"),
            node("layers.b", "Conv2d", 0),
            node("relu", "relu", 1),
            node("layers.c", "Conv2d", 2),
            node("layers.d", "Conv2d", 3),
        ]
    )
    boxes = Boxes(network, ())
    assert [(each.path, each.part, each.parts) for each in boxes.boxes] == [
        ("layers", 1, 2),
        ("relu", 1, 1),
        ("layers", 2, 2),
    ]
    assert boxes.links == ((), (0,), (1,))  # no box waits for itself


def test_a_group_of_one_is_shown_as_what_is_in_it() -> None:
    boxes = Boxes(architecture([node("stem.conv", "Conv2d"), node("fc", "Linear", 0)]), ())
    assert [each.path for each in boxes.boxes] == ["stem.conv", "fc"]


def test_a_network_is_first_shown_as_deep_as_can_be_taken_in_at_a_glance() -> None:
    small, large = residual(), thousand()
    assert first_groups(small) == all_groups(small)
    assert len(Boxes(large, first_groups(large)).boxes) == 10
    assert len(Boxes(large, first_groups(large, most=100)).boxes) == 100
    assert len(Boxes(chain(60), first_groups(chain(60))).boxes) > MOST_BOXES  # nothing can be folded


def test_the_groups_around_a_layer_are_those_that_must_be_open_to_see_it() -> None:
    assert groups_around(residual(), "layer.1.conv2") == {"layer", "layer.1"}
    assert groups_around(residual(), "conv1") == frozenset()
    assert groups_around(residual(), "nowhere") == frozenset()


# Order


def test_the_trunk_is_the_longest_way_and_a_branch_a_chain_of_its_own() -> None:
    order = order_of(opened(residual()).links)
    assert order.chains == ((0, 1, 2, 3, 4, 5, 6, 7, 9, 10), (8,))
    assert order.ranks == (0, 1, 2, 3, 4, 5, 6, 7, 5, 8, 9)
    assert order.far_takers(0) == (4,)


# Layout


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_no_box_covers_another_and_all_lie_within_the_drawing(name: str, down: bool) -> None:
    layout = arrange(opened(NETWORKS[name]), down=down)
    rects = layout.rects.tolist()
    near = ((one, other) for one, other in combinations(range(len(rects)), 2) if other - one < 40)
    assert not [pair for pair in near if overlap(rects[pair[0]], rects[pair[1]])]
    corners = layout.rects[:, :2] + layout.rects[:, 2:]
    assert layout.rects[:, :2].min() >= 0
    assert (corners <= np.array(layout.size) + 1e-6).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_flow_goes_to_the_right_and_lines_end_at_their_boxes(name: str) -> None:
    layout = arrange(opened(NETWORKS[name]))
    for route in layout.routes:
        source, target = layout.rects[route.source], layout.rects[route.target]
        assert source[0] + source[2] < target[0] + 1e-6
        assert route.points[0] == pytest.approx((source[0] + source[2], source[1] + source[3] / 2))
        x, y = route.points[-1]
        assert target[0] - 1e-6 <= x <= target[0] + target[2]
        assert target[1] - 1e-6 <= y <= target[1] + target[3] + 1e-6


@pytest.mark.parametrize("name", NETWORKS)
def test_a_line_passes_no_box_but_beside_it(name: str) -> None:
    layout = arrange(opened(NETWORKS[name]))
    for route in layout.routes:
        for box in range(route.source + 1, min(route.target, route.source + 40)):
            left, top, width, height = layout.rects[box]
            for (x0, y0), (x1, y1) in zip(route.points, route.points[1:], strict=False):
                runs_through = min(x0, x1) < left + width and max(x0, x1) > left
                assert not (runs_through and min(y0, y1) < top + height - 1 and max(y0, y1) > top + 1), (route, box)


def test_a_chain_is_straight() -> None:
    layout = arrange(opened(chain(12)))
    assert len(set(layout.rects[:, 1].tolist())) == 1
    assert all(len(route.points) == 2 for route in layout.routes)


def test_an_identity_skip_runs_beside_its_block_and_a_branch_has_a_row_of_its_own() -> None:
    boxes = opened(residual())
    layout = arrange(boxes)
    row = rows(boxes, layout)
    trunk = row["conv1"]
    assert all(place == trunk for name, place in row.items() if name != "layer.1.downsample")
    assert row["layer.1.downsample"] != trunk
    skip = next(each for each in layout.routes if (each.source, each.target) == (0, 4))
    assert min(y for _, y in skip.points) < layout.rects[1:4, 1].min()


def test_what_takes_one_output_shares_one_track() -> None:
    layout = arrange(opened(dense()))
    tracks = [min(y for _, y in route.points) for route in layout.routes if route.source == 0 and len(route.points) > 2]
    assert len(tracks) == 4
    assert len(set(tracks)) == 1


def test_branches_lie_above_and_below_the_longest_one() -> None:
    boxes = opened(inception())
    row = rows(boxes, arrange(boxes))
    trunk = row["stem"]
    assert row["mix.branch3.conv2"] == row["mix.cat"] == trunk
    beside = {row[name] > trunk for name in ("mix.branch1.conv", "mix.branch2.conv", "mix.branch4.conv")}
    assert beside == {True, False}
    assert len(set(row.values())) == 4


def test_frames_hold_their_boxes_and_the_frames_in_them() -> None:
    boxes = opened(residual())
    layout = arrange(boxes)
    frames = {each.path: each.rect for each in layout.frames}
    assert layout.frames[0].path == "layer"  # painted first
    for box, (left, top, width, height) in zip(boxes.boxes, layout.rects.tolist(), strict=True):
        for group in box.groups:
            x, y, across, down = frames[group]
            assert x < left
            assert y < top
            assert x + across > left + width
            assert y + down > top + height
    assert frames["layer"][0] < frames["layer.0"][0]
    assert not overlap(list(frames["layer.0"]), list(frames["layer.1"]))


def test_where_there_is_little_room_boxes_are_lower_but_stay_as_long() -> None:
    roomy, tight = arrange(opened(inception())), arrange(opened(inception()), room=300)
    assert roomy.breadth > 300
    assert tight.breadth <= 300
    assert tight.size[0] == roomy.size[0]


def test_a_flow_downwards_has_its_ranks_below_each_other() -> None:
    layout = arrange(opened(chain(5)), down=True)
    assert np.all(np.diff(layout.rects[:, 1]) > 0)
    assert layout.size[1] > layout.size[0]


def test_a_network_whose_links_are_not_known_stands_in_the_order_in_which_it_runs() -> None:
    layout = arrange(Boxes(architecture(node(f"layer{each}", "Conv2d") for each in range(4)), ()))
    assert layout.ranks == (0, 1, 2, 3)
    assert layout.routes == ()


def test_a_network_of_nothing_has_an_empty_layout() -> None:
    layout = arrange(Boxes(architecture([]), ()))
    assert (layout.size, layout.routes, layout.frames) == ((0.0, 0.0), (), ())


def test_the_same_network_is_always_laid_out_the_same() -> None:
    one, other = arrange(opened(inception())), arrange(opened(inception()))
    assert np.array_equal(one.rects, other.rects)
    assert one.routes == other.routes


def test_a_thousand_boxes_are_laid_out() -> None:
    assert len(arrange(opened(thousand())).rects) == 1000


# The camera


def camera(content: tuple[float, float] = (4000, 100), view: tuple[float, float] = (1000, 200)) -> Camera:
    made = Camera()
    made.look(content, view, down=False)
    return made


def test_a_long_network_is_fitted_along_its_flow_only() -> None:
    across, down = camera().scales
    assert across == pytest.approx((1000 - 2 * MARGIN) / 4000)
    assert down == 1.0


def test_zooming_leaves_what_is_below_the_pointer_where_it_is() -> None:
    seen = camera()
    seen.zoom_by(4, (500, 100))
    before = seen.inside((420, 100))
    seen.zoom_by(1.5, (420, 100))
    assert seen.inside((420, 100))[0] == pytest.approx(before[0])
    assert not seen.is_fitted
    seen.zoom_by(1e-6, (420, 100))
    assert seen.is_fitted


def test_what_is_fitted_stays_fitted_when_the_view_changes_and_what_is_not_stays_as_near() -> None:
    seen = camera()
    seen.look((4000, 100), (500, 200), down=False)
    assert seen.scales[0] == pytest.approx((500 - 2 * MARGIN) / 4000)
    seen.zoom_by(4, (0, 0))
    near = seen.scales
    seen.look((4000, 100), (600, 200), down=False)
    assert seen.scales == near


def test_nothing_can_be_dragged_out_of_view() -> None:
    seen = camera()
    seen.zoom_by(4, (500, 100))
    seen.pan((1e6, 1e6))
    assert seen.inside((MARGIN, 0))[0] == pytest.approx(0)
    seen.pan((-1e6, 0))
    assert seen.inside((1000 - MARGIN, 0))[0] == pytest.approx(4000)


def test_showing_a_rectangle_moves_no_further_than_it_must() -> None:
    seen = camera()
    seen.zoom_by(4, (0, 0))
    before = seen.offset
    seen.show((100, 10, 50, 50))
    assert seen.offset == before
    seen.show((3000, 10, 50, 50))
    left, _, width, _ = seen.on_screen(np.array([[3000.0, 10, 50, 50]]))[0]
    assert 0 <= left <= 1000 - width


# Kinds and words


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("Conv2d", Family.CONVOLUTION),
        ("ConvTranspose2d", Family.CONVOLUTION),
        ("BatchNorm2d", Family.NORMALISATION),
        ("LayerNorm", Family.NORMALISATION),
        ("ReLU", Family.ACTIVATION),
        ("relu_", Family.ACTIVATION),
        ("LeakyReLU", Family.ACTIVATION),
        ("SiLU", Family.ACTIVATION),
        ("GELU", Family.ACTIVATION),
        ("Hardswish", Family.ACTIVATION),
        ("log_softmax", Family.ACTIVATION),
        ("MaxPool2d", Family.POOLING),
        ("adaptive_avg_pool2d", Family.POOLING),
        ("Linear", Family.DENSE),
        ("matmul", Family.DENSE),
        ("MultiheadAttention", Family.ATTENTION),
        ("scaled_dot_product_attention", Family.ATTENTION),
        ("Dropout", Family.OTHER),
        ("Identity", Family.OTHER),
        ("flatten", Family.OTHER),
        ("getitem", Family.OTHER),
    ],
)
def test_kinds_belong_to_families(kind: str, family: Family) -> None:
    assert family_of(kind) is family


def test_a_join_is_an_operation_on_several_outputs() -> None:
    assert join_of(node("add", "add", 0, 1)) is Join.SUM
    assert join_of(node("cat", "cat", 0, 1, 2)) is Join.CONCATENATION
    assert join_of(node("mul", "mul", 0, 1)) is Join.PRODUCT
    assert join_of(node("add", "add", 0)) is None  # something that does not come from the picture
    assert join_of(node("fc", "Linear", 0, 1)) is None


def test_numbers_are_short_and_never_rounded_to_nothing() -> None:
    assert [say_count(each) for each in (0, 999, 61_482, 25_557_032, 4_089_184_256)] == [
        "0",
        "999",
        "61.5 k",
        "25.6 M",
        "4.1 G",
    ]
    assert [say_share(part, 10_000) for part in (0, 1, 123, 5000)] == ["0 %", "< 0.1 %", "1.2 %", "50 %"]


def test_a_short_name_still_tells_something() -> None:
    assert [short_name(each) for each in ("layer1.0.conv1", "layer1.0", "fc")] == ["conv1", "layer1.0", "fc"]


def test_a_layer_is_described_with_its_formulas() -> None:
    layer = replace(
        node("conv", "Conv2d", shape=(32, 26, 26), parameters=320, macs=194_688),
        detail="3×3",
        parameters_formula="(3·3·1 + 1)·32 = 320",
    )
    assert describe_node(layer, architecture([layer])).splitlines() == [
        "conv",
        "Conv2d, 3×3",
        "Output 32×26×26",
        "320 parameters: (3·3·1 + 1)·32 = 320",
        "195 k multiply-adds, 100 % of the network",
    ]


def test_the_signs_of_joins_are_explained_where_there_are_any() -> None:
    assert signs_of(residual().nodes) == "+ sum"
    assert signs_of(dense().nodes) == "++ concatenation"
    assert signs_of(chain(3).nodes) == ""

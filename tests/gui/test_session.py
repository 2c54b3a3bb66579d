"""The one observable state: what is asked, what is shown, what can be taken back."""

from __future__ import annotations

import pytest

from engine.catalogue.attacks import FGSM, PGD, Noise, Norm
from engine.errors import Failure
from engine.frame import Frame, Stage
from engine.request import Request, RequestError
from gui.session import Message, Pace, Pointed, Session, Side


@pytest.fixture
def session() -> Session:
    return Session()


def answer(session: Session, stage: Stage = Stage.DONE, **changes: object) -> Frame:
    """The engine's good frame for what is asked now."""
    frame = Frame(session.request.with_(**changes), stage, final=stage is Stage.DONE)
    session.show(frame)
    return frame


def fail(session: Session, field: str, request: Request | None = None) -> None:
    """The engine's failure for what is asked now."""
    failure = Failure("Could not open cat.png", "the file is empty", "The previous picture stays.", field)
    session.show(Frame(request or session.request, Stage.OPENED, final=True, failure=failure))


# Asking


def test_a_proposal_changes_the_request_and_is_told_once(session: Session) -> None:
    told: list[Request] = []
    session.request_changed.connect(told.append)
    session.propose(epsilon=0.1, seed=3)
    assert told == [session.request]
    assert (session.request.epsilon, session.request.seed) == (0.1, 3)


def test_a_proposal_of_what_is_so_already_is_not_told(session: Session) -> None:
    told: list[Request] = []
    session.request_changed.connect(told.append)
    session.propose(epsilon=session.request.epsilon)
    assert told == []
    assert not session.can_undo


@pytest.mark.parametrize("changes", [{"epsilon": -1.0}, {"epsilon": float("nan")}, {"attack": Noise(), "target": 3}])
def test_a_proposal_that_makes_no_sense_changes_nothing(session: Session, changes: dict[str, object]) -> None:
    before = session.request
    with pytest.raises(RequestError):
        session.propose(**changes)
    assert session.request is before
    assert not session.can_undo


# Taking back


def test_what_was_chosen_can_be_taken_back_and_chosen_again(session: Session) -> None:
    start = session.request
    session.propose(attack=PGD())
    session.propose(seed=4)
    session.undo()
    assert session.request == start.with_(attack=PGD())
    session.undo()
    assert session.request == start
    assert not session.can_undo
    session.redo()
    session.redo()
    assert session.request == start.with_(attack=PGD(), seed=4)
    assert not session.can_redo


def test_taking_back_at_the_beginning_changes_nothing(session: Session) -> None:
    before = session.request
    session.undo()
    session.redo()
    assert session.request is before


def test_a_new_choice_forgets_what_was_taken_back(session: Session) -> None:
    session.propose(seed=1)
    session.undo()
    session.propose(epsilon=0.1)
    assert not session.can_redo


def test_a_whole_drag_is_one_step_of_undo(session: Session) -> None:
    start = session.request
    for move in range(1, 100):
        session.propose(epsilon=move / 255)
    session.undo()
    assert session.request == start


def test_two_drags_are_two_steps_when_the_slider_was_let_go_between_them(session: Session) -> None:
    session.propose(epsilon=0.1)
    session.propose(epsilon=0.2)
    session.settle()
    session.propose(epsilon=0.3)
    session.undo()
    assert session.request.epsilon == 0.2


def test_a_drag_after_undo_is_a_step_of_its_own(session: Session) -> None:
    session.propose(epsilon=0.1)
    session.settle()
    session.propose(epsilon=0.2)
    session.undo()
    session.propose(epsilon=0.3)
    session.undo()
    assert session.request.epsilon == 0.1


def test_another_field_begins_another_step(session: Session) -> None:
    session.propose(epsilon=0.1)
    session.propose(seed=5)
    session.propose(epsilon=0.2)
    session.undo()
    assert (session.request.epsilon, session.request.seed) == (0.1, 5)


@pytest.mark.parametrize("is_let_go", [True, False])
def test_a_drag_there_and_back_again_is_no_step(session: Session, is_let_go: bool) -> None:
    start = session.request
    session.propose(seed=5)
    session.propose(epsilon=0.1)
    session.propose(epsilon=start.epsilon)
    if is_let_go:
        session.settle()
    session.undo()
    assert session.request == start


def test_looking_is_no_choice(session: Session) -> None:
    session.propose(views=frozenset({"curve"}))
    session.propose(iterate=3)
    session.propose(device="cpu")
    assert not session.can_undo


def test_open_views_and_the_device_stay_when_a_choice_is_taken_back(session: Session) -> None:
    session.propose(seed=1)
    session.propose(views=frozenset({"curve"}), device="cpu")
    session.undo()
    assert session.request == Request(views=frozenset({"curve"}), device="cpu")


def test_looking_keeps_what_can_be_chosen_again(session: Session) -> None:
    session.propose(seed=1)
    session.undo()
    session.propose(iterate=0)
    assert session.can_redo


def test_an_opened_session_is_one_step(session: Session) -> None:
    start = session.request
    opened = Request(image="b.png", attack=PGD(), norm=Norm.L2, epsilon=3.0, seed=9)
    session.open(opened)
    assert session.request == opened
    session.undo()
    assert session.request == start


def test_opening_what_differs_only_in_open_views_is_no_step(session: Session) -> None:
    session.open(session.request.with_(views=frozenset({"curve"})))
    assert not session.can_undo


def test_the_history_is_told_so_that_buttons_can_follow(session: Session) -> None:
    told: list[tuple[bool, bool]] = []
    session.history_changed.connect(lambda: told.append((session.can_undo, session.can_redo)))
    session.propose(seed=1)
    session.undo()
    session.redo()
    assert told == [(True, False), (False, True), (True, False)]


# Showing


def test_a_frame_is_shown_and_told(session: Session) -> None:
    told: list[Frame] = []
    session.frame_changed.connect(told.append)
    frame = answer(session)
    assert session.frame is frame
    assert told == [frame]


def test_what_is_shown_catches_up_until_the_attack_on_what_is_asked_is_final(session: Session) -> None:
    busy: list[bool] = []
    session.busy_changed.connect(busy.append)
    assert session.is_catching_up
    answer(session, Stage.PREDICTED)
    assert session.is_catching_up
    answer(session, Stage.ATTACKED)
    assert not session.is_catching_up
    session.propose(epsilon=0.1)
    assert session.is_catching_up
    answer(session, epsilon=0.05)
    assert session.is_catching_up
    answer(session)
    assert not session.is_catching_up
    assert busy == [True, False, True, True, False]


# Failing


def test_a_picture_that_cannot_be_opened_is_reported_and_the_last_one_stays(session: Session) -> None:
    shown = answer(session)
    session.propose(image="empty.png")
    fail(session, "image")
    assert session.frame is shown
    assert session.request == shown.request
    assert not session.can_undo
    assert session.message == Message(
        "Could not open cat.png: the file is empty. The previous picture stays.", is_error=True
    )


def test_what_was_changed_together_with_the_blamed_field_goes_back_with_it(session: Session) -> None:
    session.propose(target=7)
    shown = answer(session)
    session.propose(model="unknown", target=None)
    fail(session, "model")
    assert session.request == shown.request


def test_the_last_move_before_the_blamed_choice_stays_even_if_it_was_never_shown(session: Session) -> None:
    answer(session)
    session.propose(epsilon=0.1)
    session.settle()
    session.propose(image="empty.png")
    fail(session, "image")
    assert session.request == Request(epsilon=0.1)
    session.undo()
    assert session.request == Request()


def test_steps_made_with_the_blamed_value_leave_the_history(session: Session) -> None:
    answer(session)
    session.propose(image="empty.png")
    bad = session.request
    session.propose(epsilon=0.1)
    fail(session, "image", bad)
    assert session.request == Request()
    assert not session.can_undo


def test_views_that_were_opened_meanwhile_stay_open(session: Session) -> None:
    answer(session)
    session.propose(views=frozenset({"curve"}))
    session.propose(image="empty.png")
    fail(session, "image")
    assert session.request == Request(views=frozenset({"curve"}))


def test_a_failure_of_what_is_no_longer_asked_takes_nothing_back(session: Session) -> None:
    answer(session)
    session.propose(image="empty.png")
    bad = session.request
    session.propose(image="good.png")
    fail(session, "image", bad)
    assert session.request.image == "good.png"


def test_a_failure_that_blames_nothing_takes_nothing_back(session: Session) -> None:
    answer(session)
    session.propose(epsilon=0.1)
    fail(session, "")
    assert session.request.epsilon == 0.1
    assert session.can_undo


def test_a_device_that_fails_is_taken_back_alone(session: Session) -> None:
    answer(session)
    session.propose(seed=3)
    session.propose(device="cuda")
    fail(session, "device")
    assert session.request == Request(seed=3)
    assert session.can_undo


def test_a_picture_that_vanishes_while_it_is_shown_is_not_asked_for_again_and_again(session: Session) -> None:
    answer(session)
    asked: list[Request] = []
    session.request_changed.connect(asked.append)
    session.propose(epsilon=0.1)
    fail(session, "image")
    assert asked == [session.request]
    assert session.request.epsilon == 0.1


def test_the_first_frames_of_what_fails_later_are_replaced_by_the_last_good_one(session: Session) -> None:
    good = answer(session)
    session.propose(model="broken")
    answer(session, Stage.OPENED)
    assert session.frame is not good
    fail(session, "model")
    assert session.frame is good
    assert not session.is_catching_up


def test_a_failure_at_the_very_start_leaves_nothing_to_go_back_to(session: Session) -> None:
    session.propose(image="empty.png")
    fail(session, "image")
    assert session.request.image == "empty.png"
    assert session.frame is None
    assert session.message is not None


def test_taking_back_to_a_file_that_has_vanished_stays_where_it_was(session: Session) -> None:
    session.propose(image="b.png")
    session.settle()
    session.propose(image="c.png")
    session.settle()
    answer(session)
    session.undo()
    fail(session, "image")
    assert session.request.image == "c.png"
    assert not session.can_redo
    session.undo()
    assert session.request == Request()


# Saying, and the pictures at hand


def test_a_message_stays_until_it_is_read(session: Session) -> None:
    told: list[Message | None] = []
    session.message_changed.connect(told.append)
    session.report("Saved.")
    assert session.message == Message("Saved.")
    session.dismiss()
    assert session.message is None
    assert told == [Message("Saved."), None]


def test_of_several_pictures_the_first_is_shown_and_each_is_at_hand_once(session: Session) -> None:
    told: list[tuple[str, ...]] = []
    session.images_changed.connect(lambda: told.append(session.images))
    session.open_images(("a.png", "b.png", "a.png"))
    assert session.images == ("a.png", "b.png")
    assert session.request.image == "a.png"
    assert told == [("a.png", "b.png")]


def test_a_picture_opened_after_another_is_a_step_of_its_own(session: Session) -> None:
    session.open_images(("a.png",))
    session.open_images(("b.png",))
    session.undo()
    assert session.request.image == "a.png"


def test_no_pictures_leave_what_is_shown(session: Session) -> None:
    session.open_images(())
    assert session.images == ()
    assert session.request == Request(attack=FGSM())


# Looking inside


def test_looking_at_another_layer_leaves_the_unit_to_the_engine_and_is_no_step_of_undo(session: Session) -> None:
    session.look_at(layer="conv1", unit=7)
    assert (session.request.look.layer, session.request.look.unit) == ("conv1", 7)
    session.look_at(layer="conv2")
    assert (session.request.look.layer, session.request.look.unit) == ("conv2", None)
    session.look_at(layer="conv2", unit=3)
    assert session.request.look.unit == 3
    assert not session.can_undo


def test_a_held_key_shows_the_other_run_and_letting_go_the_chosen_one(session: Session) -> None:
    told: list[Side] = []
    session.side_changed.connect(lambda: told.append(session.side))
    session.flip(True)
    session.flip(True)
    session.flip(False)
    session.choose_side(Side.DIFFERENCE)
    session.flip(True)
    assert told == [Side.CLEAN, Side.ATTACKED, Side.DIFFERENCE, Side.CLEAN]
    assert session.chosen_side is Side.DIFFERENCE


def test_what_the_pointer_is_over_inside_is_told_once(session: Session) -> None:
    told: list[Pointed | None] = []
    session.pointed_changed.connect(lambda: told.append(session.pointed))
    here = Pointed("conv1, map 3, row 2, column 5", (0.0, 0.0, 7.0, 7.0))
    session.point_at(here)
    session.point_at(Pointed("conv1, map 3, row 2, column 5", (0.0, 0.0, 7.0, 7.0)))
    session.point_at(None)
    assert told == [here, None]


# How fast


def test_the_pace_goes_step_by_step_from_full_speed_to_one_a_second_and_is_no_step_of_undo(session: Session) -> None:
    told: list[str] = []
    session.pace_changed.connect(lambda: told.append(session.pace.title))
    for _ in range(6):
        session.set_pace(session.pace.slower)
    assert told == ["10 steps a second", "4 steps a second", "2 steps a second", "1 step a second"]
    assert session.pace.seconds == 1
    for _ in range(6):
        session.set_pace(session.pace.faster)
    assert (session.pace, session.pace.seconds, session.pace.title) == (Pace.FULL, 0, "full speed")
    assert not session.can_undo

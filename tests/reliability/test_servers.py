"""What the bars of the real server must notice: a repeat without a key, an answer before the commit."""

import pytest

from tests.reliability import kills, same_key


def test_without_a_key_an_act_is_done_as_often_as_it_is_sent(database_url: str) -> None:
    with pytest.raises(AssertionError, match="17 rows of 1 acts"):
        same_key.run(database_url, 1, keyed=False)


def test_without_a_key_what_was_cut_off_is_done_twice(database_url: str) -> None:
    with pytest.raises(AssertionError, match="done twice"):
        kills.run(database_url, 2, keyed=False, app="tests.reliability.variants:late()", all_at_once=1)


def test_an_answer_before_the_commit_is_lost(database_url: str) -> None:
    with pytest.raises(AssertionError, match="acknowledged and lost"):
        kills.run(database_url, 1, app="tests.reliability.variants:early()", all_at_once=1)

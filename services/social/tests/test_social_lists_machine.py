"""Lists against a plain model, over random sequences of everything that changes them."""

import asyncio
from collections import OrderedDict
from itertools import count

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

film_number = st.integers(0, 2)
list_number = st.integers(0, 1)
people = count()


class Lists(RuleBasedStateMachine):
    """One member's two lists; a subclass knows the fixtures."""

    def __init__(self):
        super().__init__()
        self.owner = self.wait(self.new_person(f"owner{next(people)}"))
        self.lists = {}

    def wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def path(self, number):
        return f"/v1/users/{self.owner.username}/lists/list-{number}"

    @rule(number=list_number)
    def make(self, number):
        answer = self.wait(self.owner.post("/v1/me/lists", {"name": f"List {number}"}))
        assert answer.status_code == (409 if number in self.lists else 201)
        self.lists.setdefault(number, OrderedDict())

    @rule(number=list_number)
    def delete(self, number):
        assert self.wait(self.owner.delete(self.path(number))).status_code == 204
        self.lists.pop(number, None)

    @rule(number=list_number, film=film_number, note=st.sampled_from([None, "", "a", "b"]))
    def put(self, number, film, note):
        body = None if note is None else {"note": note}
        path = f"{self.path(number)}/movies/{self.films[film]}"
        answer = self.wait(self.owner.put(path, body))
        if number not in self.lists:
            assert answer.status_code == 404
            return
        held = self.lists[number]
        assert answer.status_code == (200 if film in held else 201)
        held[film] = held.get(film) if note is None else note

    @rule(number=list_number, film=film_number)
    def remove(self, number, film):
        path = f"{self.path(number)}/movies/{self.films[film]}"
        answer = self.wait(self.owner.delete(path))
        assert answer.status_code == (204 if number in self.lists else 404)
        self.lists.get(number, {}).pop(film, None)

    @rule(number=list_number, order=st.lists(film_number, unique=True))
    def reorder(self, number, order):
        body = {"movies": [self.films[film] for film in order]}
        answer = self.wait(self.owner.put(f"{self.path(number)}/order", body))
        if number not in self.lists:
            assert answer.status_code == 404
        elif set(order) - set(self.lists[number]):
            assert answer.status_code == 422
        else:
            assert answer.status_code == 200
            for film in reversed(order):
                self.lists[number].move_to_end(film, last=False)

    @invariant()
    def lists_hold_what_the_model_holds(self):
        for number, held in self.lists.items():
            items = self.wait(self.owner.get(f"{self.path(number)}/movies")).json()["items"]
            found = [(self.films.index(i["movie"]["slug"]), i["note"]) for i in items]
            assert found == list(held.items())


async def test_lists_are_what_a_plain_model_says(new_person, films):
    fixtures = {
        "loop": asyncio.get_running_loop(),
        "new_person": staticmethod(new_person),
        "films": films,
    }
    await asyncio.to_thread(
        run_state_machine_as_test,
        type("BoundLists", (Lists,), fixtures),
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking would replay it for minutes
        ),
    )

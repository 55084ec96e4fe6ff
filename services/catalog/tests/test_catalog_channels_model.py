"""The tree of channels against a plain model of it, in whatever order things are done."""

import asyncio
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from marquee_catalog.channels import service
from marquee_catalog.channels.errors import (
    ChannelCycle,
    ChannelHasChannels,
    ChannelHasContents,
    ChannelNotEmpty,
    PathTaken,
)
from marquee_catalog.channels.report import read_ratings
from marquee_catalog.channels.schemas import ChannelCreate, ChannelUpdate
from marquee_catalog.contents import service as contents
from marquee_catalog.contents.schemas import ContentCreate
from marquee_shared.database import Database
from marquee_shared.problems import Problem

GROUPS = ("a", "b", "c")
NAMES = st.sampled_from(["x", "y", "z"])
PLACES = st.integers(0, 30)


class AnyVersion:
    """No precondition."""

    def require(self, revision):
        pass

    def answered(self, revision):
        pass


class Node:
    """A channel of the model."""

    def __init__(self, name, parent):
        self.name, self.parent = name, parent
        self.active, self.groups, self.ratings = True, set(), {}


class Tree(RuleBasedStateMachine):
    """Does each thing to the database and to a list of nodes; both must agree on what happens."""

    service_settings: object

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = self.runner.run(self.open())
        self.nodes = []

    async def open(self):
        database = Database(self.service_settings, "catalog", process="model")
        async with database.transaction() as session:
            await session.execute(text("TRUNCATE channels, groups RESTART IDENTITY CASCADE"))
            await session.execute(
                text(
                    "INSERT INTO groups (slug, title) SELECT g, g FROM unnest(CAST(:names AS text[])) AS g"
                ),
                {"names": list(GROUPS)},
            )
        return database

    def teardown(self):
        self.runner.run(self.database.close())
        self.runner.close()

    def do(self, work, *arguments, **options):
        """Run one write in its own transaction; return the class of problem it met, or None."""

        async def run():
            async with self.database.transaction() as session:
                await work(session, *arguments, **options)

        try:
            self.runner.run(run())
        except Problem as problem:
            return type(problem)
        return None

    def children(self, node):
        return [child for child in self.nodes if child.parent is node]

    def path(self, node):
        return f"{self.path(node.parent)}/{node.name}" if node.parent else node.name

    def above(self, node):
        return [node, *self.above(node.parent)] if node else []

    def pick(self, place):
        return self.nodes[place % len(self.nodes)] if self.nodes else None

    def refusal(self, name, parent, moved=None):
        """Return why a channel cannot stand there."""
        if moved is not None and moved in self.above(parent):
            return ChannelCycle
        if parent is not None and parent.ratings:
            return ChannelHasContents
        if any(c.name == name and c is not moved for c in self.children(parent)):
            return PathTaken
        return None

    @rule(name=NAMES, place=PLACES, groups=st.sets(st.sampled_from(GROUPS), max_size=2))
    def create(self, name, place, groups):
        parent = self.pick(place) if place % 4 else None
        expected = self.refusal(name, parent)
        new = ChannelCreate(
            title=name, parent=self.path(parent) if parent else None, groups=sorted(groups)
        )
        assert self.do(service.create_channel, new) is expected
        if expected is None:
            node = Node(name, parent)
            node.groups = set(groups)
            self.nodes.append(node)

    @rule(place=PLACES, to=PLACES)
    def move(self, place, to):
        node = self.pick(place)
        if node is None:
            return
        parent = self.pick(to) if to % 5 else None
        expected = self.refusal(node.name, parent, moved=node)
        change = ChannelUpdate(parent=self.path(parent) if parent else None)
        path = self.path(node)
        assert self.do(service.update_channel, path, change, AnyVersion()) is expected
        if expected is None:
            node.parent = parent

    @rule(place=PLACES)
    def toggle(self, place):
        node = self.pick(place)
        if node is not None:
            node.active = not node.active
            change = ChannelUpdate(active=node.active)
            assert self.do(service.update_channel, self.path(node), change, AnyVersion()) is None

    @rule(place=PLACES, groups=st.sets(st.sampled_from(GROUPS)))
    def label(self, place, groups):
        node = self.pick(place)
        if node is not None:
            node.groups = set(groups)
            change = ChannelUpdate(groups=sorted(groups))
            assert self.do(service.update_channel, self.path(node), change, AnyVersion()) is None

    @rule(place=PLACES, name=NAMES, tenths=st.integers(0, 100))
    def fill(self, place, name, tenths):
        node = self.pick(place)
        if node is None:
            return
        expected = ChannelHasChannels if self.children(node) else None
        if expected is None and name in node.ratings:
            expected = PathTaken
        rating = Decimal(tenths) / 10
        new = ContentCreate(title=name, channel=self.path(node), rating=rating)
        assert self.do(contents.create_content, new) is expected
        if expected is None:
            node.ratings[name] = rating

    @rule(place=PLACES, name=NAMES)
    def empty(self, place, name):
        node = self.pick(place)
        if node is not None:
            path = f"{self.path(node)}/{name}"
            assert self.do(contents.delete_content, path, AnyVersion()) is None
            node.ratings.pop(name, None)

    @rule(place=PLACES, recursive=st.booleans())
    def delete(self, place, recursive):
        node = self.pick(place)
        if node is None:
            return
        holds = bool(self.children(node) or node.ratings)
        expected = ChannelNotEmpty if holds and not recursive else None
        work = self.do(service.delete_channel, self.path(node), AnyVersion(), recursive=recursive)
        assert work is expected
        if expected is None:
            self.nodes = [other for other in self.nodes if node not in self.above(other)]

    def shown_groups(self, node):
        below = (self.shown_groups(child) for child in self.children(node) if child.active)
        return node.groups.union(*below)

    def shown_ratings(self, node):
        below = [self.shown_ratings(child) for child in self.children(node) if child.active]
        return [*node.ratings.values(), *(rating for ratings in below for rating in ratings)]

    @invariant()
    def agree(self):
        async def read():
            async with self.database.reading() as session:
                report = {row.path: (row.average, row.contents) for row in
                          await read_ratings(session)}  # fmt: skip
                rows = await session.execute(
                    text("SELECT s.channel_id, array_agg(g.slug) AS slugs FROM "
                         "channel_group_sources AS s JOIN groups AS g ON g.id = s.group_id "
                         "GROUP BY 1")
                )  # fmt: skip
                groups = {row.channel_id: set(row.slugs) for row in rows}
                found = {}
                for node in self.nodes:
                    slugs = self.path(node).split("/")
                    row = await service.get_at_path(session, slugs, hidden=True)
                    found[self.path(node)] = groups.get(row.id, set())
                return report, found

        report, found = self.runner.run(read())
        assert found == {self.path(node): self.shown_groups(node) for node in self.nodes}
        expected = {}
        for node in self.nodes:
            if all(above.active for above in self.above(node)):
                ratings = self.shown_ratings(node)
                mean = sum(ratings) / len(ratings) if ratings else Decimal(0)
                expected[self.path(node)] = (mean, len(ratings))
        assert report.keys() == expected.keys()
        for path, (average, count) in expected.items():
            assert abs(report[path][0] - average) <= Decimal("0.0005")
            assert report[path][1] == count


def test_the_tree_does_what_a_plain_model_does(context):
    Tree.service_settings = context.settings
    run_state_machine_as_test(
        Tree,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip

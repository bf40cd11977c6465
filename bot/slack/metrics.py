"""Metrics: what /metrics shows, in Prometheus's text format."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.llm.counting import totals


@dataclass(frozen=True)
class Metrics:
    """Counters of one running app."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    events: Counter = field(init=False)
    """Events by kind, and whether they were taken, taken before, or not meant for us."""
    answers: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    """From the event to the posted answer."""
    slack_errors: Counter = field(init=False)
    waiting: Gauge = field(init=False)
    working: Gauge = field(init=False)

    def __post_init__(self) -> None:
        made = {
            "events": Counter("kaibi_events", "Events by what became of them", ["fate"], registry=self.registry),
            "answers": Counter("kaibi_answers", "Answers by status", ["status"], registry=self.registry),
            "seconds": Histogram("kaibi_answer_seconds", "Event to posted answer", registry=self.registry),
            "slack_errors": Counter(
                "kaibi_slack_errors", "Failed calls to Slack", ["method", "error"], registry=self.registry
            ),
            "waiting": Gauge("kaibi_questions_waiting", "Questions in the queue", registry=self.registry),
            "working": Gauge("kaibi_questions_working", "Questions at work", registry=self.registry),
        }
        for name, metric in made.items():
            object.__setattr__(self, name, metric)
        self.registry.register(_Backends())

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self.registry)


class _Backends(Collector):
    """What this process has counted of each backend. All workers together are in the database: `kaibi backends`."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        of = ["backend", "model"]
        answers = CounterMetricFamily("kaibi_backend_answers", "Answers by what came of them", labels=[*of, "outcome"])
        statements = CounterMetricFamily(
            "kaibi_backend_statements", "Statements that held and that were removed", labels=[*of, "outcome"]
        )
        kinds = CounterMetricFamily("kaibi_backend_removed", "Removed statements by kind", labels=[*of, "kind"])
        tokens = CounterMetricFamily("kaibi_backend_tokens", "Tokens as the server counts", labels=[*of, "direction"])
        seconds = CounterMetricFamily("kaibi_backend_seconds", "Seconds of writing", labels=of)
        for name, count in totals().items():
            unproven = count.asked - count.worded - count.failed
            for outcome, number in (("worded", count.worded), ("unproven", unproven), ("failed", count.failed)):
                answers.add_metric([*name, outcome], number)
            for outcome, number in (("kept", count.kept), ("removed", count.removed)):
                statements.add_metric([*name, outcome], number)
            for kind, number in count.kinds.items():
                kinds.add_metric([*name, kind], number)
            for direction, number in (("read", count.read), ("written", count.written)):
                tokens.add_metric([*name, direction], number)
            seconds.add_metric(name, count.seconds)
        yield from (answers, statements, kinds, tokens, seconds)

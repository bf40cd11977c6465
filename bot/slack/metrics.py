"""Metrics: what /metrics shows, in Prometheus's text format."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


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

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self.registry)

"""A model stayed loaded when its context was destroyed (rule g10).

And execute ran in a context that had stopped at a failure (rule e19).
"""

from __future__ import annotations

from simulator.core.models import ModelSpec
from tests.conformance.machine import MS, NULL, Machine, mdl, rt


def test_a_model_goes_with_its_context():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        kept = m.model()
        context, _ = rt.create_context(0)
        lost = m.model()
        assert rt.destroy_context(context) == 0
        assert rt.set_device(0) == 0
        assert lost(NULL) == 145003
        assert kept(NULL) == 0


def test_execute_gives_the_first_failure_of_a_stopped_context():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        stream = m.stream()
        assert rt.set_stream_failure_mode(stream, 1) == 0
        m.model(fails_with=507015)(stream)
        assert rt.synchronize_stream(stream) == 507015
        m.session.declare_model(ModelSpec("late", latency_ns=MS))
        model, _ = mdl.load_from_file("late.om")
        given = mdl.create_dataset()
        assert mdl.execute(model, given, given) == 507015

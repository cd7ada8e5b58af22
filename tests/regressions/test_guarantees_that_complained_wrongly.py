"""Two complaints about correct runs: O11 after a copy that had returned the error, O10 after finalize.

A copy of pageable memory synchronises its stream and returns the error, which the next sync no longer has (rule h5).
Finalising ends the service of a hidden thread, and the streams it served may be subscribed again (rules b11, g2).
"""

from __future__ import annotations

import ctypes

import acl_api as acl
from simulator.check.ordering import check_ordering


def test_a_copy_of_pageable_memory_takes_the_error_of_its_stream():
    with acl.Session(faults=["task:step"]) as session:
        session.declare_model(acl.ModelSpec("step", 1_000))
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        model, _ = acl.mdl.load_from_file("step.om")
        dataset = acl.mdl.create_dataset()
        device, _ = acl.rt.malloc(64, 0)
        pageable = (ctypes.c_ubyte * 64)()
        assert acl.mdl.execute_async(model, dataset, dataset, stream) == 0
        assert acl.rt.memcpy_async(device, 64, ctypes.addressof(pageable), 64, 1, stream) == 507015
        assert acl.rt.synchronize_stream(stream) == 0
    assert session.trace is not None
    assert check_ordering(session.trace) == ()


def test_after_finalize_a_stream_of_the_hidden_thread_may_be_subscribed():
    with acl.Session() as session:
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        assert acl.c.aclrtLaunchHostFunc(stream, str, 0) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        assert acl.rt.subscribe_report(7, stream) == 107011
        assert acl.finalize() == 0
        assert acl.rt.subscribe_report(7, stream) == 0
    assert session.trace is not None
    assert check_ordering(session.trace) == ()

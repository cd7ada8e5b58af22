"""The kit users test with: programs drawn by hypothesis, oracles, a state machine, and the plugin for pytest.

Its public door is `simulator.testing`.
"""

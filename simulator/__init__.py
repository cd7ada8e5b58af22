"""A discrete-event model of the Ascend stream and callback runtime."""

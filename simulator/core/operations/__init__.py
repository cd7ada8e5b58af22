"""What the API's calls do, by family, once their arguments have passed the checks of the table.

An operation returns None for success, a Fault or a plain aclError for failure, a tuple of values when it has
outputs, or a Wait when it cannot finish yet; the wait's `then` yields the next such result. Operations never
block and start no thread of their own accord: who blocks, and how, is the host's business.
"""

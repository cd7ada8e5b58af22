"""The C names with C's parameter order: `aclrtLaunchCallback(fn, user_data, block_type, stream)`.

Output pointers are not passed: outputs come back before the code, as in pyACL. None is a null pointer.
"""

from __future__ import annotations

from acl_api.bind import c_names

globals().update(c_names())

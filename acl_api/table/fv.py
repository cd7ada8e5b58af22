"""Rows: the objects of the feature search (acl.fv). The search itself needs its hardware and is not modelled."""

from __future__ import annotations

from acl_api.table.declared import declared
from acl_api.table.properties import object_rows, set_row
from simulator.core import properties

_KINDS = {
    "init_para": properties.InitPara,
    "feature_info": properties.FeatureInfo,
    "repo_range": properties.RepoRange,
    "query_table": properties.QueryTable,
    "search_input": properties.SearchInput,
    "search_result": properties.SearchResult,
}

ROWS = (
    *(row for noun, kind in _KINDS.items() for row in object_rows("acl.fv", "", noun, kind)),
    *(
        set_row(declared()[f"acl.fv.{name}"], properties.InitPara)
        for name in ("set_1n_top_num", "set_nm_top_num")
    ),
)

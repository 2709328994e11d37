"""Parts of statements that look up rows by an index whatever the planner makes of their number."""


def of_each(alias: str, table: str, which: str, *, left: bool = False) -> str:
    """The rows `x` of `table` for which `which` holds, for each row of what stands before it; with `left` none is one, too.

    Written as a join, the planner is free to read the whole table: of a period between two parameters it cannot know that
    few rows are in it. All three are constants of the caller; the store is the statement's `:store`.
    """
    found = f"(SELECT * FROM {table} x WHERE x.store_id = :store AND {which} OFFSET 0) {alias}"  # noqa: S608  constants of the caller
    return f"LEFT JOIN LATERAL {found} ON true" if left else f"CROSS JOIN LATERAL {found}"

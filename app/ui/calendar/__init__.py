"""时间节点: the dates of the school year, editable."""

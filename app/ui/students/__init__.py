"""学生: the list on the left, one student on the right."""

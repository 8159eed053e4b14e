"""学生: the list, one student in detail, the forms."""

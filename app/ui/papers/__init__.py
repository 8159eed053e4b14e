"""学籍卡、名册与统计: choosing a paper, seeing it as it will be, printing and saving it."""

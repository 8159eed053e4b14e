"""首页: today, the dates of the year, the figures."""

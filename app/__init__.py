"""学籍学历管理工作站 (xueji): the offline desktop program of a school registrar."""

__version__ = "0.1.0"

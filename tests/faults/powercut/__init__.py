"""Simulated power cuts: what a job asked of the disk is recorded, then the plug is pulled.

`recorder.c` notes every write, sync and rename of a job; `disk.py` replays them and builds what a
power cut could have left at any point; `jobs.py` are the program's own operations and what must
hold of each afterwards. `python3 manage.py bench --powercuts N` runs N of them.
"""

"""导入与核对: tables and photographs from outside, step by step."""

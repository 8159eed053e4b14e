"""人数: who is counted, why two counts differ, what was signed and has changed since."""

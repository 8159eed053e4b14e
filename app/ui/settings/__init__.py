"""系统: settings, security, about."""

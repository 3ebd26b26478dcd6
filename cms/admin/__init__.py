"""What the core adds to Wagtail's admin: confirmations, translations, times, pages whose plugin is missing."""

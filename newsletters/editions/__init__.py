"""From an issue to its editions: stories, MJML and plain text, compiled once for each variant.

issue ─ content.load_content ─► stories of one language ─ edition.compile_edition ─► html, text, subject, hash
"""

"""From an issue to its editions: stories, MJML and plain text, compiled once per variant.

issue ─ content.load_content ─► stories in one language ─ compile_edition.compile_edition ─► html, text, subject, hash
"""

"""Values and pure functions that do not depend on the database: times, hosts, mail headers."""

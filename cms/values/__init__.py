"""Values and pure rules that know nothing of the hub's tables: times, hosts, headers of mails."""

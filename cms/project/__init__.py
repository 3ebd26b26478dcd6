"""What a project of the hub needs besides content: logins, languages, logs, policies, workflows."""

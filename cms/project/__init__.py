"""What a hub project needs besides content: logins, languages, logs, security policies, workflows."""

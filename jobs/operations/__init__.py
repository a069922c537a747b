"""What is done with jobs. The edge (API, admin, tasks, commands) calls these, one each."""

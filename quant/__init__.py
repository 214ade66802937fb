"""What a CT measures: the engine, the queue in front of it, and the numbers it leaves."""

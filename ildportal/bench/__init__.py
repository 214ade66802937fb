"""What `manage.py bench` times, each beside a peer in the same run where there is one."""

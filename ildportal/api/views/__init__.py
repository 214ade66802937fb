"""The resources, one file per subject. Every queryset comes from ildportal/access.py."""

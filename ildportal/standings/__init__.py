"""Where all patients of a visitor stand by every rule, kept as copies that are worked out anew when facts change."""

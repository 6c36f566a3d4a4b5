"""Ways to people's telephones (短信)."""

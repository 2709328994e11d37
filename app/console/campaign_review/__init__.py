"""A campaign before it is published, and what it was before: differences, who is affected, versions to go back to."""

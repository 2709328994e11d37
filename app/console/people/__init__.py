"""Users and roles: who works here as what, inviting, changing, letting go. For owners; an invitation's page is for its reader."""

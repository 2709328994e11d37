"""People: customers with their accounts, staff with their roles, signing in and out. Owns customer, guest, staff, role."""

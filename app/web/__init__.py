"""What every HTML door shares: sessions, security headers, HTMX answers, refusals as pages, numbers and dates for people."""

"""Publication: charge records and alarms on their way to the office by SMTP, FTP and HTTP (R-196 to R-209)."""

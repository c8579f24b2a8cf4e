"""`python -m bench.smtp_raw PORT COUNT FILE`: a bare smtplib loop that sends one ready message."""

import smtplib
import sys
from pathlib import Path

if __name__ == "__main__":
    port, count, message = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as smtp:
        for number in range(count):
            smtp.sendmail("raw@bench.example", [f"raw{number}@bench.example"], message)

"""Laws: plain functions of a contract, a subject and a case, usable without pytest."""

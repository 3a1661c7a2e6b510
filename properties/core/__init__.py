"""What everything here is made of: cases, contracts, subjects, laws, verdicts, and where arrays lie."""

"""What a run found, for people and for machines: records, report, matrix, page, badge, charts."""

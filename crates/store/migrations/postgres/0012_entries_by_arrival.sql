-- PostgreSQL keeps rows in the order of arrival.
SELECT 1;

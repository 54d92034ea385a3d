ALTER TABLE customers ADD COLUMN name TEXT;
-- What comes with the letters that a customer writes by itself, as a document.
ALTER TABLE customers ADD COLUMN writes TEXT;
CREATE INDEX customers_project ON customers(project_id, id);
-- From a customer to their threads.
CREATE INDEX thread_customers_customer ON thread_customers(customer_id, thread_id);

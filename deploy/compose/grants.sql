-- What herdflow may, run once by the image of MySQL when the database is made. A statement a line.
GRANT ALL ON `bronze_layer`.* TO 'herdflow'@'%';
GRANT ALL ON `silver_layer`.* TO 'herdflow'@'%';
GRANT ALL ON `gold_layer`.* TO 'herdflow'@'%';
GRANT ALL ON `ops`.* TO 'herdflow'@'%';

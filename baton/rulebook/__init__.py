"""The agreement as data: read, checked, compiled to one statement, evaluated and explained."""
